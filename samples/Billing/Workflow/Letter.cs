namespace Billing;

/// <summary>What is sent to a customer.</summary>
/// <param name="Bill">What it is about.</param>
/// <param name="Attachment">The file of the PDF; null when there is none, and the bill stands in the letter.</param>
public sealed record Letter(Bill Bill, string? Attachment);
