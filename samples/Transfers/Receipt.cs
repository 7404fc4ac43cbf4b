namespace Transfers;

/// <summary>What came of a transfer: the recorded output of its step, committed together with what it tells.</summary>
public sealed record Receipt(bool Paid, string Remark);
