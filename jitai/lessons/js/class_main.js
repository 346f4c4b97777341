import { mounting } from "../../player/js/mount.js";
import { ClassView } from "./class_view.js";

/** What Streamlit calls with a class. */
export const mountClass = mounting(ClassView, (view, { data }) => view.receive(data));
