namespace Billing;

/// <summary>Who is billed, at which price for a month, and for which month.</summary>
public sealed record Account(string Customer, decimal Plan, string Month);
