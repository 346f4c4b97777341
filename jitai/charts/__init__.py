"""Charts: records in, Plotly figures out; no Streamlit."""
