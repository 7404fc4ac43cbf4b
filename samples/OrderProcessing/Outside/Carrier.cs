using Hydra;
using Samples;

namespace OrderProcessing;

/// <summary>Goes to every city there is.</summary>
public sealed class Carrier(OutsideWorld world)
{
    public async Task<string> ShipAsync(Order order, CancellationToken cancellationToken)
    {
        var shipped = await world.DoAsync(
            "ship",
            order.Number,
            done => order.City != "Atlantis"
                ? $"parcel {done.Count(static effect => effect.Action == "ship") + 1} to {order.City}"
                : throw new NonRetryableException($"No carrier goes to {order.City}."),
            cancellationToken);
        return shipped!.Detail;
    }

    public async Task<string> RecallAsync(string order, CancellationToken cancellationToken)
    {
        var recalled = await world.DoAsync(
            "recall",
            order,
            done => done.FirstOrDefault(effect => effect.Action == "ship" && effect.Subject == order)?.Detail,
            cancellationToken);
        return recalled?.Detail ?? "nothing was shipped";
    }
}
