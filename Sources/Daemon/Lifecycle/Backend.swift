import Contract
import Gateway
import SocketServer
import Store

/// The feed and the answers to queries, as the socket's threads want them.
extension FeedReader: FeedSource {}

final class QueryService: QueryHandler {
  private let queries: Queries
  private let damaged: @Sendable (StoreError) -> Void

  /// - Parameter damaged: called with damaged pages of the store.
  init(_ queries: Queries, damaged: @escaping @Sendable (StoreError) -> Void) {
    self.queries = queries
    self.damaged = damaged
  }

  func answer(_ query: Query, for caller: SocketServer.Caller, within time: Duration) -> Reply {
    let who = Requester(
      role: caller.role.name, uid: caller.userID, numbers: caller.role.numbers,
      seesText: caller.role.seesText)
    do {
      return .result(try queries.answer(query, for: who, within: time))
    } catch let error as APIError {
      return .failure(error)
    } catch {
      if let error = error as? StoreError, error.kind == .corrupt { damaged(error) }
      return .failure(.internalError)
    }
  }
}
