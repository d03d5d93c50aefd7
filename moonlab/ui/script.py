"""What Streamlit runs for every visitor and every change: the page."""

from moonlab.ui.app import main

main()
