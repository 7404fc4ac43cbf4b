namespace Billing;

/// <summary>What a customer has to pay.</summary>
public sealed record Bill(string Customer, string Month, decimal Plan, decimal Usage, decimal Discount)
{
    public decimal Total => Plan + Usage - Discount;
}
