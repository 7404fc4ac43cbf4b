namespace Billing;

/// <summary>What became of a bill.</summary>
public sealed record BillResult(string Customer, decimal Total, string Sent);
