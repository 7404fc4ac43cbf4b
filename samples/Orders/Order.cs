namespace Orders;

/// <summary>An entity of the shop's.</summary>
public sealed class Order
{
    public Guid Id { get; init; }

    /// <summary>The customer's own number of it, of which there is one.</summary>
    public required string Number { get; init; }

    public required string Article { get; init; }

    public string Status { get; set; } = "received";

    /// <summary>The execution that fulfils it.</summary>
    public Guid Execution { get; set; }
}
