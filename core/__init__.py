"""All computation of Middleground; never imports Streamlit."""
