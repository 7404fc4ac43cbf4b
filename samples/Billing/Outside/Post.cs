using Samples;

namespace Billing;

/// <summary>Sends letters, and remembers who is billed.</summary>
public sealed class Post(OutsideWorld world)
{
    public async Task<string> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        var sent = await world.DoAsync(
            "send",
            letter.Bill.Customer,
            _ => letter.Attachment is null ? "as text" : $"with {letter.Attachment}",
            cancellationToken);
        return sent!.Detail;
    }

    public Task SetBilledAsync(Bill bill, CancellationToken cancellationToken) =>
        world.DoAsync("billed", bill.Customer, _ => bill.Month, cancellationToken);
}
