"""The dashboard. Start it with: streamlit run streamlit_app.py."""

from moonlab.ui.page import main

main()
