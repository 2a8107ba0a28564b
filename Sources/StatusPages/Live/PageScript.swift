/// What makes an open page follow what happens. Pages are whole without it.
package enum PageScript {
  /// Its name under `<path>/assets`.
  package static let fileName = "page.js"
  /// `text/javascript; charset=utf-8`.
  package static let mediaType = "text/javascript; charset=utf-8"
  /// The script.
  package static let text: StaticString = ""
}
