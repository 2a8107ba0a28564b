/// `/api/openapi.json`: what the API and the badges are, for tools (OpenAPI 3.1).
package enum OpenAPI {
  /// The document.
  package static let document: [UInt8] = PackageResources.openapi_json
}
