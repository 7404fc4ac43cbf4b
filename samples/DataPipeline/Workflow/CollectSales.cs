using Hydra;

namespace DataPipeline;

/// <summary>Asks all shops at once, tolerates that some do not answer, adds up the rest and publishes it.</summary>
public sealed class CollectSales(Shops shops, Reports reports) : IWorkflow<Night, Report>
{
    // Of a shop that hangs a try is given up, and another may be luckier.
    private static readonly StepOptions Fetch = new()
    {
        Timeout = TimeSpan.FromSeconds(5),
        Retry = new RetryPolicy { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(300) },
    };

    /// <summary>How often an execution is tried, unless it says itself that this is of no use.</summary>
    public static WorkflowOptions Options { get; } = new() { MaxAttempts = 2 };

    public async Task<Report> RunAsync(WorkflowContext context, Night night)
    {
        if (night.Shops.Count is < 3 or > 8)
        {
            throw new NonRetryableException($"A night has 3 to 8 shops, not {night.Shops.Count}.");
        }

        // All are under way at once. Each has its own name, so that `hydra show` tells them apart.
        var answers = await Task.WhenAll(
            night.Shops.Select(shop => FetchAsync(context, new Request(night.Name, shop))));

        // Plain code between steps runs again on each replay; it may, since the same goes in and comes out.
        var sales = answers.OfType<Sales>().ToList();
        var missing = night.Shops.Except(sales.Select(static one => one.Shop)).ToList();
        if (sales.Count * 2 < night.Shops.Count)
        {
            throw new NonRetryableException($"Only {sales.Count} of {night.Shops.Count} shops have answered.");
        }

        var report = await context.StepAsync("add-up", sales, (all, _) => Task.FromResult(
            new Report(night.Name, all.Count, all.Sum(static one => one.Amount), string.Join(", ", missing))));
        await context.StepAsync("publish", report, reports.PublishAsync);
        return report;
    }

    /// <summary>Gives null for a shop that has failed for good: that is recorded, and the others go on.</summary>
    private async Task<Sales?> FetchAsync(WorkflowContext context, Request request)
    {
        try
        {
            return await context.StepAsync($"fetch-{request.Shop}", request, shops.FetchAsync, Fetch);
        }
        catch (StepFailedException)
        {
            return null;
        }
    }
}
