import HTTPTypes
import Model

/// What the demonstration's shop sells, as JSON, XML and Chinese.
enum ShopGoods {
  /// An article.
  struct Item {
    var sku: String
    var name: String
    var price: Double
    /// How many the shop says it has.
    var stock: Int
  }

  /// `C-3` is the one whose orders fail half of the time.
  static let items = [
    Item(sku: "A-1", name: "Binoculars", price: 129.5, stock: 12),
    Item(sku: "B-2", name: "Field guide", price: 24, stock: 40),
    Item(sku: "C-3", name: "Raincoat", price: 89, stock: 0),
  ]

  static func item(_ sku: String) -> Item? { items.first { $0.sku == sku } }

  static func json() -> ShopReply {
    .json { json in
      json.member(
        "items",
        array: { json in
          for item in items {
            json.object { json in
              json.member("sku", item.sku)
              json.member("name", item.name)
              json.member("price", item.price)
            }
          }
        })
    }
  }

  /// A feed with a default namespace and one of its own.
  static func xml() -> ShopReply {
    var xml = HTMLWriter()
    xml.markup(
      """
      <?xml version="1.0" encoding="utf-8"?>
      <catalogue xmlns="urn:curlew:shop" xmlns:p="urn:curlew:price">

      """)
    for item in items {
      xml.markup("  <item")
      xml.attribute("sku", item.sku)
      xml.markup("><name>")
      xml.text(item.name)
      xml.markup("</name><p:price currency=\"EUR\">")
      xml.text(String(item.price))
      xml.markup("</p:price></item>\n")
    }
    xml.markup("</catalogue>\n")
    return ShopReply(status: .ok, type: "application/xml", body: xml.bytes)
  }

  /// "欢迎光临" in GB 18030, which only the page itself says.
  static func chinese() -> ShopReply {
    let welcome: [UInt8] = [0xBB, 0xB6, 0xD3, 0xAD, 0xB9, 0xE2, 0xC1, 0xD9]
    let start = Array("<!doctype html><html lang=\"zh\"><head><meta charset=\"gb18030\"><title>".utf8)
    let body = start + welcome + Array("</title><h1>".utf8) + welcome + Array("</h1></html>\n".utf8)
    return ShopReply(status: .ok, type: "text/html", body: body)
  }
}
