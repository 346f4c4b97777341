"""What the pages share: state, controls, cached models. Streamlit lives here, in app.py and in pages/ only."""
