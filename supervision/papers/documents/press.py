"""HTML in, PDF out: `python press.py < page.html > page.pdf`, always in a process of its own.

A page with the wrong font set kills the process that prints it, and a page of 100,000 characters takes
seconds; neither is to happen in a web process. Nothing of the portal is imported here, no file and no
address is fetched: a page is what it contains.
"""

import resource
import sys

MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 300


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Denied(FatalURLFetchingError):
        """The page asks for something outside itself."""

    class Closed(URLFetcher):
        def fetch(self, url, headers=None):
            if not url.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")):
                raise Denied(url[:200])
            return super().fetch(url, headers)

    page = sys.stdin.buffer.read().decode()
    fetcher = Closed(allowed_protocols=["data"], allow_redirects=False)
    pdf = HTML(string=page, base_url=None, url_fetcher=fetcher).write_pdf()
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
