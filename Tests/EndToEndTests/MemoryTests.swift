import Contract
import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized)
  struct Memory {
    static let reps = 10
    static let contactsAtRest = 10_000
    static let recipients = 100_000
    /// So many have left when we look: long after the plan, the commit and the first pages.
    static let sent = 30_000
    /// Resident set, in KiB.
    static let idleLimit = 60 * 1024
    static let campaignLimit = 120 * 1024

    @Test("Resident memory: under 60 MB idle with 10,000 contacts, under 120 MB during a campaign of 100,000")
    func resident() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      let carrier = try ScriptedCarrier(keeping: false)
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port, window: 100, rate: 100_000)])
      defer { gateway.destroy() }
      try gateway.start()
      var app = try App(gateway.socket)
      var owners: [RepID] = []
      for index in 0..<reps {
        owners.append(try World.rep(app, "Rep \(index)", number: "+1888555010\(index)", rate: 1000))
      }
      let each = contactsAtRest / reps
      for (index, owner) in owners.enumerated() {
        try World.contacts(app, index * each..<(index + 1) * each, owner: owner)
      }
      #expect(try gateway.terminate() == .code(0))

      try gateway.start()
      try carrier.waitForBinds(1)
      app = try App(gateway.socket)
      #expect(try app.call(Status()).contactCount == contactsAtRest)
      let idle = try gateway.memory().resident
      #expect(idle < idleLimit, "\(idle / 1024) MiB idle")

      let more = (recipients - contactsAtRest) / reps
      for (index, owner) in owners.enumerated() {
        let start = contactsAtRest + index * more
        try World.contacts(app, start..<start + more, owner: owner)
      }
      let descriptors = try gateway.descriptors()
      try gateway.forgetPeakMemory()
      let plan = try app.call(
        CampaignPlan(
          audience: Audience(all: true), text: "Hi {{first_name}}, our office is closed on Monday.",
          idempotencyKey: "all-plan"), within: .seconds(120))
      #expect(plan.recipients == recipients)
      _ = try app.call(
        CampaignCommit(campaignID: plan.campaignID, idempotencyKey: "all-commit"), within: .seconds(120))
      _ = try carrier.wait("\(sent) submits", within: .seconds(180)) { record in
        record.submitCount >= sent ? true : nil
      }
      let peak = try gateway.memory().peak
      #expect(peak < campaignLimit, "\(peak / 1024) MiB during the campaign")
      #expect(try gateway.descriptors() == descriptors)
      #expect(try gateway.terminate() == .code(0))
    }
  }
}
