"""What the pages share: the only code beside them that may import streamlit."""
