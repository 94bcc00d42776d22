import Contract

// What the connections' machines ask of the loop, and the answers on their way back.

extension APILoop {
  func perform(_ client: Client, at now: Duration) {
    while client.machine.hasActions {
      for action in client.machine.takeActions() { perform(action, of: client, at: now) }
    }
  }

  private func perform(_ action: ClientConnection.Action, of client: Client, at now: Duration) {
    switch action {
    case .query(let request, let query, let session): ask(query, request, client, as: session, at: now)
    case .command(let request, let command, let session):
      if !submit(command, request, client, as: session) {
        client.machine.completed(request, with: .failure(.busy("commands")), at: now)
      }
    case .subscribe(let request, let params): subscribe(client, request, params, at: now)
    case .unsubscribed(let consumer, let memory):
      registry.release(consumer, by: client.key, remembering: memory)
    case .forbidden(let method):
      counters.forbiddenTotal += 1
      audit(
        .forbidden(
          userID: client.userID, processID: client.processID, role: client.caller?.role.name ?? "",
          method: method))
    case .close(let reason):
      audit(.closed(userID: client.userID, processID: client.processID, reason: reason))
    }
  }

  /// Hands a command to the writer; false where there is no room.
  private func submit(_ command: Command, _ request: UInt64, _ client: Client, as session: SecretToken? = nil)
    -> Bool
  {
    guard let caller = client.caller?.acting(in: session) else { return false }
    let token = ReplyToken(connection: client.key, request: request)
    guard submitted < limits.requests,
      commands.submit(CommandRequest(token: token, command: command, caller: caller))
    else {
      counters.busyTotal += 1
      return false
    }
    submitted += 1
    counters.commandsTotal += 1
    if case .feedForget(let params) = command { forgets[token] = params.consumer }
    return true
  }

  /// One live connection a consumer: another is refused, or takes its place.
  private func subscribe(_ client: Client, _ request: UInt64, _ params: FeedSubscribe, at now: Duration) {
    if let owner = registry.owner(of: params.consumer), owner != client.key {
      guard params.takeover == true else {
        let error = APIError(
          .consumerBusy, "another connection reads as this consumer; takeover disconnects that reader")
        client.machine.completed(request, with: .failure(error), at: now)
        return
      }
      guard self.client(owner)?.caller?.role.name == client.caller?.role.name else {
        let error = APIError(.forbidden, "the consumer \(params.consumer) belongs to another role")
        client.machine.completed(request, with: .failure(error), at: now)
        return
      }
      fence(params.consumer, at: now)
    }
    registry.claim(params.consumer, for: client.key)
    if !submit(.feedSubscribe(params), request, client) {
      client.machine.completed(request, with: .failure(.busy("commands")), at: now)
      releaseUnlessRead(params.consumer, client)
    }
  }

  private func fence(_ consumer: String, at now: Duration) {
    guard let owner = registry.owner(of: consumer) else { return }
    audit(.fenced(consumer: consumer))
    if let other = client(owner) {
      other.machine.fence(consumer)
      perform(other, at: now)
      // Its turn comes in this round or the next: the notice goes out then.
      unfinished.insert(owner)
    }
    registry.release(consumer, by: owner, remembering: nil)
  }

  private func releaseUnlessRead(_ consumer: String, _ client: Client) {
    if !client.machine.reads(consumer) { registry.release(consumer, by: client.key, remembering: nil) }
  }

  func complete(_ completion: APIServer.Completion, at now: Duration) {
    submitted -= 1
    let token = completion.token
    if let forgotten = forgets.removeValue(forKey: token), case .result = completion.reply {
      fence(forgotten, at: now)
    }
    guard let client = client(token.connection) else { return }
    guard let params = client.machine.subscription(askedBy: token.request) else {
      client.machine.completed(token.request, with: completion.reply, at: now)
      return
    }
    guard registry.owner(of: params.consumer) == client.key else {
      let error = APIError(.consumerBusy, "another connection took over this consumer")
      client.machine.completed(token.request, with: .failure(error), at: now)
      return
    }
    client.machine.inherited[params.consumer] = registry.takeMemory(of: params.consumer)
    client.machine.completed(token.request, with: completion.reply, at: now)
    client.machine.inherited.removeAll()
    releaseUnlessRead(params.consumer, client)
  }
}
