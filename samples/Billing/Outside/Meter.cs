using Samples;

namespace Billing;

/// <summary>Knows what customers have used, and closes a month when it is read.</summary>
public sealed class Meter(OutsideWorld world)
{
    public async Task<decimal> ReadAsync(Account account, CancellationToken cancellationToken)
    {
        await world.DoAsync("close-month", account.Customer, _ => account.Month, cancellationToken);
        return account.Customer.Length * 1.50m;
    }
}
