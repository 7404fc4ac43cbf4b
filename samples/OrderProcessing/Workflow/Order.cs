namespace OrderProcessing;

/// <summary>What a customer wants.</summary>
public sealed record Order(string Number, string Customer, string Article, int Quantity, decimal Price, string City)
{
    public decimal Total => Quantity * Price;
}
