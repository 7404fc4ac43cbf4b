using Hydra;
using Microsoft.EntityFrameworkCore;

namespace Orders;

/// <summary>Packs an order, then ships it.</summary>
public sealed class FulfilOrder(IDbContextFactory<ShopContext> shop) : IWorkflow<Guid, string>
{
    public async Task<string> RunAsync(WorkflowContext context, Guid order)
    {
        await context.StepAsync("pack", order, (id, token) => SetAsync(id, "packed", token));
        await context.SleepAsync(TimeSpan.FromMilliseconds(200));
        return await context.StepAsync("ship", order, (id, token) => SetAsync(id, "shipped", token));
    }

    /// <summary>A body runs at least once: setting the same status again changes nothing.</summary>
    /// <returns>What has become of the order: it may be cancelled by now.</returns>
    private async Task<string> SetAsync(Guid id, string status, CancellationToken cancellationToken)
    {
        await using var db = await shop.CreateDbContextAsync(cancellationToken);
        var changed = await db.Orders.Where(order => order.Id == id && order.Status != "cancelled")
            .ExecuteUpdateAsync(update => update.SetProperty(order => order.Status, status), cancellationToken);
        return changed == 0 ? "cancelled" : status;
    }
}
