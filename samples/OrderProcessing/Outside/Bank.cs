using Hydra;
using Samples;

namespace OrderProcessing;

/// <summary>Takes money and gives it back. Some of its answers get lost, which says nothing about the money.</summary>
public sealed class Bank(OutsideWorld world)
{
    public async Task<string> ChargeAsync(Order order, CancellationToken cancellationToken)
    {
        var charged = await world.DoAsync(
            "charge",
            order.Number,
            _ => order.Customer != "bob"
                ? $"{order.Total} of {order.Customer}"
                : throw new NonRetryableException("The card was declined."), // Asking again would not help.
            cancellationToken);
        if (order.Number == "A-1" && StepContext.Current!.Attempt == 1)
        {
            throw new TimeoutException("The bank has not answered.");
        }

        return charged!.Detail;
    }

    public async Task<string> RefundAsync(string order, CancellationToken cancellationToken)
    {
        var refunded = await world.DoAsync(
            "refund",
            order,
            done => done.FirstOrDefault(effect => effect.Action == "charge" && effect.Subject == order)?.Detail,
            cancellationToken);
        return refunded?.Detail ?? "nothing was charged";
    }
}
