namespace OrderProcessing;

/// <summary>What the customer of an order is told.</summary>
public sealed record Mail(Order Order, string Text);
