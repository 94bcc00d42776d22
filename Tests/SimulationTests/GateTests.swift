import Testing

@testable import Simulation

/// What a witness may hold against the gateway who hears no more than the answers to commands.
struct GateTests {
  @Test("What was closed is closed from a moment after the answer on, for what begins then")
  func closed() {
    var gate = Gate()
    #expect(!gate.forbids(.seconds(9)))
    gate.closed(asked: .seconds(1), at: .seconds(2))
    #expect(!gate.forbids(.seconds(2)))
    #expect(gate.forbids(.seconds(2) + Gate.grace))
    gate.opens()
    #expect(!gate.forbids(.seconds(9)))
  }

  @Test("While a command that opens it is under way nobody knows, and after it not what was closed before")
  func opening() {
    var gate = Gate()
    gate.opens()
    gate.closed(asked: .seconds(1), at: .seconds(2))
    #expect(!gate.forbids(.seconds(9)))
    gate.opened(at: .seconds(3))
    gate.closed(asked: .seconds(1), at: .seconds(4))
    #expect(!gate.forbids(.seconds(9)))
    gate.closed(asked: .seconds(4), at: .seconds(5))
    #expect(gate.forbids(.seconds(9)))
  }

  @Test("The rate that holds within a second is the largest of those that were in force or asked for in it")
  func rates() {
    var rate = RateInForce(50)
    rate.ask(80)
    #expect(rate.most(at: .seconds(1)) == 80)
    rate.answered(80, isSet: true, at: .seconds(2))
    rate.ask(20)
    rate.answered(20, isSet: true, at: .seconds(3))
    #expect(rate.most(at: .milliseconds(3_900)) == 80)
    #expect(rate.most(at: .milliseconds(4_100)) == 20)
    rate.ask(90)
    rate.answered(90, isSet: false, at: .seconds(5))
    #expect(rate.most(at: .seconds(5)) == 20)
  }
}
