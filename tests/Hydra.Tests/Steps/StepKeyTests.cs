using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

public class StepKeyTests
{
    [Fact]
    public async Task Steps_of_one_name_are_numbered_in_the_order_of_their_calls()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int count) =>
            {
                for (var i = 0; i < count; i++)
                {
                    await Echo(context, "charge", i);
                }

                return 0;
            },
            3);

        var details = await world.EndOf(handle);

        Assert.Equal(["charge", "charge#2", "charge#3"], Keys(details));
        Assert.Equal(["0", "1", "2"], details.Journal.Where(IsStep).Select(entry => Text(entry.Output)));
    }

    [Fact]
    public async Task Parallel_steps_of_one_name_keep_their_own_results_whichever_ends_first()
    {
        await using var world = new World();
        var first = new TaskCompletionSource<string>();
        var second = new TaskCompletionSource<string>();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var results = await Task.WhenAll(
                    context.StepAsync("charge", 1, (_, _) => first.Task),
                    context.StepAsync("charge", 2, (_, _) => second.Task));
                return string.Concat(results);
            },
            0);
        await world.RestAsync();

        second.SetResult("b");
        await world.RestAsync();
        first.SetResult("a");
        var details = await world.EndOf(handle);

        Assert.Equal("ab", await handle.ResultAsync());
        Assert.Equal(["charge#2", "charge"], Keys(details));
    }

    [Fact]
    public async Task An_explicit_key_identifies_the_call_instead_of_its_name()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Echo(context, "charge", 1, "first");
                await Echo(context, "charge", 2);
                await Echo(context, "charge", 3, "third");
                return 0;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(["first", "charge", "third"], Keys(details));
    }

    [Fact]
    public async Task A_name_steps_aside_for_an_explicit_key_of_the_same_text()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await Echo(context, "ship", 1, "charge");
                await Echo(context, "charge", 2);
                return 0;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(["charge", "charge#2"], Keys(details));
    }

    [Fact]
    public async Task An_explicit_key_used_twice_is_refused_and_named()
    {
        await using var world = new World();

        var message = await world.RunAsync(async context =>
        {
            await Echo(context, "charge", 1, "once");
            var thrown = Thrown.AtOnce<ArgumentException>(() => Echo(context, "charge", 2, "once"));
            return thrown.Message;
        });

        Assert.Contains("'once' was used before", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "must not be empty")]
    [InlineData("  ", "must not be empty")]
    [InlineData("charge#2", "U+0023")]
    [InlineData("charge\ncard", "U+000A")]
    [InlineData("charge\0", "U+0000")]
    public async Task A_name_that_is_not_allowed_is_refused_with_the_reason(string name, string reason)
    {
        await using var world = new World();

        var messages = await world.RunAsync(context => Task.FromResult(new[]
        {
            Thrown.AtOnce<ArgumentException>(() => Echo(context, name, 1)).Message,
            Thrown.AtOnce<ArgumentException>(() => Echo(context, "charge", 1, name)).Message,
        }));

        Assert.StartsWith("The name of a step", messages[0], StringComparison.Ordinal);
        Assert.StartsWith("The key of a step", messages[1], StringComparison.Ordinal);
        Assert.All(messages, message => Assert.Contains(reason, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_may_have_whole_surrogate_pairs_and_no_halves()
    {
        await using var world = new World();

        var message = await world.RunAsync(async context =>
        {
            await Echo(context, "charge \U0001F4B3", 1);
            return Thrown.AtOnce<ArgumentException>(() => Echo(context, "charge \uD83D", 1)).Message;
        });

        Assert.Contains("U+D83D", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_may_have_200_characters_and_not_201()
    {
        await using var world = new World();
        var longest = string.Concat(Enumerable.Repeat("é", 200));

        var message = await world.RunAsync(async context =>
        {
            await Echo(context, longest, 1);
            return Thrown.AtOnce<ArgumentException>(() => Echo(context, longest + "x", 1)).Message;
        });

        Assert.Contains("201 characters", message, StringComparison.Ordinal);
        Assert.Contains("200 are allowed", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_call_leaves_no_trace_and_the_workflow_goes_on()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                Thrown.AtOnce<ArgumentException>(() => Echo(context, "a#b", 1));
                return await Echo(context, "charge", 1);
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal(ExecutionState.Completed, details.Row.State);
        Assert.Equal(["charge"], Keys(details));
    }

    private static Task<int> Echo(WorkflowContext context, string name, int value, string? key = null) =>
        context.StepAsync(name, value, (input, _) => Task.FromResult(input), new() { Key = key });

    private static bool IsStep(JournalEntry entry) => entry.Kind == EntryKind.Step;

    private static IEnumerable<string> Keys(ExecutionDetails details) =>
        details.Journal.Where(IsStep).Select(entry => entry.Key);

    private static string Text(Payload payload) => System.Text.Encoding.UTF8.GetString(payload.Data.Span);
}
