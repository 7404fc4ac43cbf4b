namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>An entity of the user's.</summary>
public sealed class Order
{
    public Guid Id { get; set; } = Guid.NewGuid();

    /// <summary>Unique.</summary>
    public required string Number { get; set; }

    public int Quantity { get; set; }
}
