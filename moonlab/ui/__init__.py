"""The dashboard; Streamlit is imported here and nowhere else."""
