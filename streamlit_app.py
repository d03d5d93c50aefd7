"""The dashboard. Start it with: streamlit run streamlit_app.py."""

import streamlit as st

from moonlab.ui import server

server.begin()
app = st.App(server.SCRIPT, lifespan=server.lifespan, on_script_error=server.show_calmly)
