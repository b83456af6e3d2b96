"""XML of others, read without entities, external files or network, and its elements by their names alone."""

import re
from xml.etree.ElementTree import Element, ParseError

from pipeline.errors import DeliveryError

STARTS_LIKE_XML = re.compile(rb"\s*<(\?xml|!DOCTYPE|!--|[A-Za-z])")
MARKUP = re.compile(r"<[^<>]*>")
INLINE = re.compile(r"</?(a|b|em|i|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
SPACES = re.compile(r"\s+")


def is_xml(content: bytes) -> bool:
    """Return whether a file starts as XML does."""
    return STARTS_LIKE_XML.match(content.removeprefix(b"\xef\xbb\xbf")) is not None or content.startswith(
        (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
    )


def read_xml(content: bytes, file_name: str) -> Element:
    """Return the root of an XML document, namespaces taken off every name.

    Raises:
        DeliveryError: it is no well-formed XML, is cut off, or declares entities.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content)
    except ParseError as error:
        line, column = error.position
        raise DeliveryError(
            f"{file_name}: line {line}, column {column + 1}: the XML is cut off or malformed "
            f"({str(error).partition(':')[0]}). Export the codebook again."
        ) from error
    except DefusedXmlException as error:
        raise DeliveryError(
            f"{file_name}: the XML declares entities of its own, which are not followed. Remove its "
            "<!ENTITY …> lines, or export the codebook again."
        ) from error
    except (LookupError, ValueError) as error:
        raise DeliveryError(
            f"{file_name}: the XML names an encoding nobody knows. Export it again in UTF-8."
        ) from error
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
        if element.tag == "br":
            element.text = " "  # so that the words around a line break stay apart
    return root


def attribute(element: Element, name: str) -> str:
    """Return an attribute's value without outer spaces, whatever its namespace; '' when absent."""
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name)
    return next(found, "").strip()


def child_text(element: Element, name: str) -> str:
    """Return the plain text of the first child of that name; '' when there is none."""
    return all_text(element.find(name))


def all_text(element: Element | None) -> str:
    """Return the plain text of an element and all within it; '' when there is none."""
    return "" if element is None else plain("".join(element.itertext()))


def plain(text: str) -> str:
    """Return a text in one line, without the mark-up that survey platforms keep in wordings."""
    from html import unescape

    return SPACES.sub(" ", unescape(MARKUP.sub(" ", INLINE.sub("", text)))).strip()
