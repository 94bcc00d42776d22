// By which carriers a number sends and receives.

public struct NumberSetRoutes: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberSetRoutes

  public var number: PhoneNumber
  public var routes: [NumberRoute]
  public var idempotencyKey: String?

  public init(number: PhoneNumber, routes: [NumberRoute], idempotencyKey: String? = nil) {
    self.number = number
    self.routes = routes
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, routes
    case idempotencyKey = "idempotency_key"
  }
}
