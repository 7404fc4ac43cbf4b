using Hydra;

namespace Native;

internal sealed record Item(string Name, int Count, decimal Price);

internal sealed record Order(IReadOnlyList<Item> Items);

internal sealed record Invoice(Guid Number, int Items, decimal Total);

/// <summary>Adds up what an order costs: one step for each item, all at once.</summary>
internal sealed class PriceOrder : IWorkflow<Order, Invoice>
{
    public async Task<Invoice> RunAsync(WorkflowContext context, Order order)
    {
        var prices = await Task.WhenAll(order.Items.Select(item => context.StepAsync("price", item, PriceAsync)));
        await context.SleepAsync(TimeSpan.FromMilliseconds(50));
        return new Invoice(context.NewGuid(), order.Items.Sum(static item => item.Count), prices.Sum());
    }

    private static Task<decimal> PriceAsync(Item item, CancellationToken cancellationToken) =>
        Task.FromResult(item.Count * item.Price);
}
