import Contract

extension Gateway {
  func numberAdd(_ p: NumberAdd, _ c: Caller) throws -> NumberAddResult { throw APIError.internalError }
  func numberSetRate(_ p: NumberSetRate, _ c: Caller) throws -> NumberSetRateResult {
    throw APIError.internalError
  }
  func numberPause(_ p: NumberPause, _ c: Caller) throws -> NumberPauseResult { throw APIError.internalError }
  func numberResume(_ p: NumberResume, _ c: Caller) throws -> NumberResumeResult {
    throw APIError.internalError
  }
  func numberAssign(_ p: NumberAssign, _ c: Caller) throws -> NumberAssignResult {
    throw APIError.internalError
  }
  func repAdd(_ p: RepAdd, _ c: Caller) throws -> RepAddResult { throw APIError.internalError }
  func repUpdate(_ p: RepUpdate, _ c: Caller) throws -> RepUpdateResult { throw APIError.internalError }
  func repAssign(_ p: RepAssign, _ c: Caller) throws -> RepAssignResult { throw APIError.internalError }
  func contactUpsert(_ p: ContactUpsert, _ c: Caller) throws -> ContactUpsertResult {
    throw APIError.internalError
  }
  func contactTag(_ p: ContactTag, _ c: Caller) throws -> ContactTagResult { throw APIError.internalError }
  func contactUntag(_ p: ContactUntag, _ c: Caller) throws -> ContactUntagResult {
    throw APIError.internalError
  }
  func groupCreate(_ p: GroupCreate, _ c: Caller) throws -> GroupCreateResult { throw APIError.internalError }
  func groupAdd(_ p: GroupAdd, _ c: Caller) throws -> GroupAddResult { throw APIError.internalError }
  func groupRemove(_ p: GroupRemove, _ c: Caller) throws -> GroupRemoveResult { throw APIError.internalError }
  func consentRecord(_ p: ConsentRecord, _ c: Caller) throws -> ConsentRecordResult {
    throw APIError.internalError
  }
  func conversationAssign(_ p: ConversationAssign, _ c: Caller) throws -> ConversationAssignResult {
    throw APIError.internalError
  }
}
