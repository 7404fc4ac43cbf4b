namespace OrderProcessing;

/// <summary>What became of an order.</summary>
/// <param name="Number">The order's.</param>
/// <param name="Status">"shipped" or "cancelled".</param>
/// <param name="Detail">The parcel, or the reason.</param>
public sealed record OrderResult(string Number, string Status, string Detail);
