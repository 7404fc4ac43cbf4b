namespace Orders;

/// <summary>What a customer sends.</summary>
/// <param name="Number">The customer's own number; a second order with it is refused.</param>
/// <param name="Article">What is wanted.</param>
public sealed record NewOrder(string Number, string Article);
