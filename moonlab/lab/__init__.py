"""The mathematics and the figures of the laboratory: no Streamlit."""
