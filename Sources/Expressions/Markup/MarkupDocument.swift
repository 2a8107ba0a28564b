import CXML

/// A parsed HTML or XML text: what `html(…)` and `xml(…)` give. Asked by XPath, and by nothing else.
package final class MarkupDocument: Sendable {
  /// How the text was read; the raw value is the function's name.
  package enum Kind: String, Sendable {
    /// Forgiving, as browsers are: every text is a document.
    case html
    /// Strict: what is not well-formed is an error.
    case xml

    var name: String { rawValue.uppercased() }
  }

  /// How the text was read.
  package let kind: Kind
  /// Elements, texts, attributes and comments.
  let nodeCount: Int
  // Sound: the tree is changed by nobody after `init`, libxml2 reads one tree from several threads, and it is freed only in
  // `deinit`.
  nonisolated(unsafe) let tree: UnsafeMutablePointer<xmlDoc>

  /// Longest run of comments, texts and instructions without an element between them. To put two of them in order, libxml2
  /// walks to the next element.
  private static let longestRun = 256

  /// Reads a text.
  init(_ text: String, as kind: Kind) throws(MarkupError) {
    self.kind = kind
    let tree = try MarkupParser(kind: kind).parse(text)
    let survey = Self.survey(tree)
    guard survey.longestRun <= Self.longestRun else {
      xmlFreeDoc(tree)
      throw MarkupError(
        "more than \(Self.longestRun) comments, texts and instructions stand in a row without an element", isLimit: true
      )
    }
    // Numbers the elements, so that two of them are put in order without a walk.
    xmlXPathOrderDocElems(tree)
    nodeCount = survey.count
    self.tree = tree
  }

  deinit { xmlFreeDoc(tree) }

  /// Goes through the tree once, without recursion.
  private static func survey(_ tree: UnsafeMutablePointer<xmlDoc>) -> (count: Int, longestRun: Int) {
    var count = 0
    var longestRun = 0
    var run = 0
    var next = tree.pointee.children
    while let node = next {
      count += 1
      let isElement = node.pointee.type == XML_ELEMENT_NODE
      run = isElement || node.pointee.prev == nil ? 1 : run + 1
      if !isElement { longestRun = max(longestRun, run) }
      if isElement {
        var attribute = node.pointee.properties
        while let one = attribute {
          count += 1
          attribute = one.pointee.next
        }
        if let child = node.pointee.children {
          next = child
          continue
        }
      }
      var last = node
      while last.pointee.next == nil, let parent = last.pointee.parent, parent.pointee.type == XML_ELEMENT_NODE {
        last = parent
        run = 0
      }
      next = last.pointee.next
    }
    return (count, longestRun)
  }
}

extension MarkupDocument: CustomStringConvertible {
  /// `html document of 120 nodes`.
  package var description: String { "\(kind.rawValue) document of \(nodeCount) node\(nodeCount == 1 ? "" : "s")" }
}
