"""A hook of mkdocs (mkdocs.yml): pages link to files of the repository, which are not in the site."""
import posixpath
import re

LINK = re.compile(r"\]\((\.\./[^)\s]*)\)")


def on_files(files, config):
    """Leaves out what stands beside the pages for other readers: programs."""
    for file in list(files):
        if file.src_path.endswith((".go", ".py")):
            files.remove(file)
    return files


def on_page_markdown(markdown, page, config, files):
    """Lets links that leave docs/ lead to the repository; mkdocs itself checks all others."""
    here = posixpath.dirname("docs/" + page.file.src_path)

    def outside(match):
        path = posixpath.normpath(posixpath.join(here, match.group(1)))
        if path.startswith("docs/"):
            return match.group(0)
        return f"]({config['repo_url'].rstrip('/')}/blob/main/{path})"

    return LINK.sub(outside, markdown)
