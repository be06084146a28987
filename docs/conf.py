"""The documentation as a site: scripts/docs builds it, and a warning is an error."""
project = "hfasync"
author = "the hfasync authors"
extensions = ["myst_parser", "sphinx_external_toc", "sphinx_copybutton"]
exclude_patterns = ["requirements.txt"]
suppress_warnings = ["myst.strikethrough"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
external_toc_path = "_toc.yml"
html_theme = "furo"
html_title = "hfasync"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
