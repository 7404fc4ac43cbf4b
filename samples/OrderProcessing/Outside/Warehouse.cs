using Hydra;
using Samples;

namespace OrderProcessing;

/// <summary>Has ten of each article.</summary>
public sealed class Warehouse(OutsideWorld world)
{
    private const int Stock = 10;

    public async Task<string> ReserveAsync(Order order, CancellationToken cancellationToken)
    {
        var reserved = await world.DoAsync(
            "reserve",
            order.Number,
            _ => order.Quantity <= Stock
                ? $"{order.Quantity} x {order.Article}"
                : throw new NonRetryableException($"There are only {Stock} of {order.Article}."),
            cancellationToken);
        return reserved!.Detail;
    }

    public async Task<string> ReleaseAsync(string order, CancellationToken cancellationToken)
    {
        var released = await world.DoAsync(
            "release",
            order,
            done => done.FirstOrDefault(effect => effect.Action == "reserve" && effect.Subject == order)?.Detail,
            cancellationToken);
        return released?.Detail ?? "nothing was reserved";
    }
}
