import Contract
import Gateway
import LocalAPI

/// The feed and the answers to queries, as the socket's thread wants them.
extension FeedReader: FeedSource {}

final class QueryService: QueryHandler {
  private let queries: Queries

  init(_ queries: Queries) { self.queries = queries }

  func answer(_ query: Query, for caller: LocalAPI.Caller) -> Reply {
    let who = Requester(
      role: caller.role.name, uid: caller.userID, numbers: caller.role.numbers,
      seesText: caller.role.seesText)
    do {
      return .result(try queries.answer(query, for: who))
    } catch let error as APIError {
      return .failure(error)
    } catch {
      return .failure(.internalError)
    }
  }
}
