import Model

/// What the demonstration's shop remembers: bounded in number and in time, gone with the process.
struct ShopState {
  /// An order and when it was placed.
  struct Order {
    var id: String
    var sku: String
    var placed: Duration

    /// Placed, packed after 0.4 s, shipped after 0.9 s.
    func state(at uptime: Duration) -> String {
      switch uptime - placed {
      case ..<Duration.milliseconds(400): "PLACED"
      case ..<Duration.milliseconds(900): "PACKED"
      default: "SHIPPED"
      }
    }
  }

  private struct Entry<Value> {
    var value: Value
    var end: Duration
  }

  /// Things by a key that nobody guesses; the oldest go when there are too many.
  struct Shelf<Value> {
    private var entries: [String: Entry<Value>] = [:]
    private var order: [String] = []
    private let lifetime: Duration
    private let most: Int

    fileprivate init(lifetime: Duration, most: Int) {
      self.lifetime = lifetime
      self.most = most
    }

    mutating func put(_ value: Value, at key: String, _ uptime: Duration) {
      entries[key] = Entry(value: value, end: uptime + lifetime)
      order.append(key)
      if order.count > most { entries[order.removeFirst()] = nil }
    }

    func value(at key: String, _ uptime: Duration) -> Value? {
      guard let entry = entries[key], entry.end > uptime else { return nil }
      return entry.value
    }

    mutating func remove(_ key: String) -> Value? {
      order.removeAll { $0 == key }
      return entries.removeValue(forKey: key)?.value
    }
  }

  /// How long a token or a session is good.
  static let lifetime = Duration.seconds(600)

  /// CSRF tokens of login forms that were handed out.
  var forms = Shelf<Void>(lifetime: ShopState.lifetime, most: 1000)
  /// Users by the cookie of their session.
  var sessions = Shelf<String>(lifetime: ShopState.lifetime, most: 1000)
  /// Users by bearer token.
  var tokens = Shelf<String>(lifetime: ShopState.lifetime, most: 1000)
  var orders = Shelf<Order>(lifetime: ShopState.lifetime, most: 1000)
  /// How often the recommendations were asked for.
  var recommendations = 0
  /// How often the busy article was ordered.
  var busyOrders = 0

  /// 128 bits from the system.
  static func randomKey() -> String {
    var random = SystemRandomNumberGenerator()
    return String(random.next(), radix: 36) + String(random.next(), radix: 36)
  }
}
