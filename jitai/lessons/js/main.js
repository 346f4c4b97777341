import { mounting } from "../../player/js/mount.js";
import { LessonView } from "./lesson_view.js";

/** What Streamlit calls with a lesson. */
export const mountLesson = mounting(LessonView, (lesson, { data }) => lesson.receive(data));
