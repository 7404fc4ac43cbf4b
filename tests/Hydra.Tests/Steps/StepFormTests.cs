using Hydra.Storage;
using Hydra.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.Tests.Steps;

public class StepFormTests
{
    public sealed record Order(string Id, IReadOnlyList<int> Amounts);

    public sealed record Receipt(string OrderId, decimal Total, DateTimeOffset? PaidAt = null);

    [Fact]
    public async Task A_step_is_given_its_input_and_gives_its_output()
    {
        await using var world = new World();

        var receipt = await world.RunAsync(context => context.StepAsync(
            "charge",
            new Order("o-1", [3, 4]),
            (order, _) => Task.FromResult(new Receipt(order.Id, order.Amounts.Sum()))));

        Assert.Equal(new Receipt("o-1", 7), receipt);
    }

    [Fact]
    public async Task A_step_records_its_input_and_its_output()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int number) =>
                context.StepAsync(
                    "charge", new Order("o-1", [number]), (order, _) => Task.FromResult(order.Amounts[0])),
            5);

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.Equal("charge", entry.Key);
        Assert.Equal("""{"id":"o-1","amounts":[5]}""", Text(entry.Input));
        Assert.Equal("5", Text(entry.Output));
        Assert.False(entry.Failed);
        Assert.Equal(1, entry.Attempt);
        Assert.Equal(["5", "5"], [Text(details.Journal[0].Input), Text(details.Journal[^1].Output)]);
    }

    [Fact]
    public async Task A_step_without_output_records_its_input_only()
    {
        await using var world = new World();
        var given = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int number) =>
            {
                await context.StepAsync("notify", number, (value, _) =>
                {
                    given = value;
                    return Task.CompletedTask;
                });
                return "done";
            },
            5);

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.Equal(5, given);
        Assert.Equal("5", Text(entry.Input));
        Assert.True(entry.Output.IsNone);
    }

    [Fact]
    public async Task A_step_without_input_records_its_output_only()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("fetch", _ => Task.FromResult("value")), 0);

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.True(entry.Input.IsNone);
        Assert.Equal("\"value\"", Text(entry.Output));
    }

    [Fact]
    public async Task A_step_with_neither_runs_once_and_is_recorded()
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await context.StepAsync("touch", _ =>
                {
                    runs++;
                    return Task.CompletedTask;
                });
                await context.SleepAsync(TimeSpan.FromMinutes(1)); // The code runs again from its start after this.
                return runs;
            },
            0);

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.Equal(1, runs);
        Assert.True(entry.Input.IsNone && entry.Output.IsNone);
    }

    [Fact]
    public async Task A_step_gives_null_as_null()
    {
        await using var world = new World();

        var output = await world.RunAsync(context =>
            context.StepAsync("find", (string?)null, (input, _) => Task.FromResult<Receipt?>(
                input is null ? null : new Receipt(input, 1))));

        Assert.Null(output);
    }

    [Fact]
    public async Task A_method_group_is_a_body()
    {
        await using var world = new World();

        Assert.Equal(42, await world.RunAsync(context => context.StepAsync("double", 21, DoubleAsync)));
    }

    [Fact]
    public async Task A_body_knows_which_step_it_is()
    {
        await using var world = new World();
        StepContext? seen = null;
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.StepAsync("look", async _ =>
            {
                await Task.Yield();
                seen = StepContext.Current;
                return 1;
            }),
            0);

        var details = await world.EndOf(handle);

        Assert.NotNull(seen);
        Assert.Equal(handle.Id, seen.ExecutionId);
        Assert.Equal(("look", 1, 1L), (seen.StepKey, seen.Attempt, seen.Epoch));
        Assert.Equal(details.Journal[^1].Worker, seen.Worker);
        Assert.Null(StepContext.Current);
    }

    [Fact]
    public async Task A_scoped_step_has_services_of_its_own_that_are_disposed_of_when_it_ends()
    {
        await using var world = new World();
        await using var services = new ServiceCollection().AddScoped<Tracked>().BuildServiceProvider();
        var seen = new List<Tracked>();

        var differ = await world.RunAsync(
            async context =>
            {
                var ids = await Task.WhenAll(
                    context.ScopedStepAsync("one", 1, Use), context.ScopedStepAsync("two", 2, Use));
                return ids[0] != ids[1];
            },
            configure: hydra => hydra.Services = services);
        await world.RestAsync();

        Assert.True(differ);
        Assert.Equal(2, seen.Count);
        Assert.All(seen, tracked => Assert.True(tracked.Disposed));
        Assert.All(seen, tracked => Assert.False(tracked.DisposedDuringUse));

        async Task<Guid> Use(IServiceProvider provider, int number, CancellationToken cancellationToken)
        {
            var tracked = provider.GetRequiredService<Tracked>();
            lock (seen)
            {
                seen.Add(tracked);
            }

            await Task.Yield();
            tracked.DisposedDuringUse = tracked.Disposed;
            return tracked.Id;
        }
    }

    [Fact]
    public async Task A_scoped_step_without_services_says_what_to_set()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            (WorkflowContext context, int _) => context.ScopedStepAsync(
                "scoped", 1, (_, _, _) => Task.FromResult(1), new() { Retry = RetryPolicy.None }),
            0,
            new() { MaxAttempts = 1 });

        var failed = await Assert.ThrowsAsync<WorkflowFailedException>(() => world.Until(handle.ResultAsync()));

        Assert.Contains("HydraBuilder.Services", failed.Message, StringComparison.Ordinal);
    }

    private static string Text(Payload payload) => System.Text.Encoding.UTF8.GetString(payload.Data.Span);

    private static Task<int> DoubleAsync(int number, CancellationToken cancellationToken) =>
        Task.FromResult(2 * number);

    private sealed class Tracked : IDisposable
    {
        public Guid Id { get; } = Guid.NewGuid();

        public bool Disposed { get; private set; }

        public bool DisposedDuringUse { get; set; }

        public void Dispose() => Disposed = true;
    }
}
