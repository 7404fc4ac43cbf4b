using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Steps;

/// <summary>Values that cannot be recorded: told at once for inputs, recorded as failures for outputs.</summary>
public class StepPayloadTests
{
    private const int Limit = 2000;

    [Fact]
    public async Task A_body_is_given_what_is_recorded_whatever_becomes_of_the_object()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var numbers = new List<int> { 1, 2, 3 };
                var sum = context.StepAsync("sum", numbers, (given, _) => Task.FromResult(given.Sum()));
                numbers.Clear();
                return await sum;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal("6", details.Journal[^1].Output.Text());
        Assert.Equal("[1,2,3]", Assert.Single(details.Steps()).Input.Text());
    }

    public sealed class Node
    {
        public Node? Next { get; set; }

        public static Node Nested(int depth)
        {
            var node = new Node();
            for (var i = 1; i < depth; i++)
            {
                node = new Node { Next = node };
            }

            return node;
        }

        public static Node Cyclic()
        {
            var node = new Node();
            node.Next = node;
            return node;
        }
    }

    public sealed class Throwing
    {
        public string? Given { get; init; }

        public string Name => Given ?? throw new InvalidOperationException("no name today");

    }

    public sealed record OneWay(Stream Value);

    public sealed class Lossy(int first, int second) // Written, but not read back: its parameters match no property.
    {
        public int Sum { get; } = first + second;
    }

    public interface IShape
    {
        int Sides { get; }
    }

    public abstract class Shape
    {
        public int Sides { get; set; }
    }

    public sealed class Closed
    {
        private Closed()
        {
        }

        public static Closed Make() => new();
    }

    public sealed class Ambiguous
    {
        public Ambiguous(int sides) => Sides = sides;

        public Ambiguous(int sides, int more) => Sides = sides + more;

        public int Sides { get; }
    }

    public sealed class Even // Its type can be read; this value of it cannot.
    {
        public Even(int number) => Number = number % 2 == 0
            ? number + 1
            : throw new ArgumentException("It is odd.", nameof(number));

        public int Number { get; }
    }

    public static TheoryData<string> Unrecordable =>
        ["a delegate", "a cycle", "65 levels", "a property that throws", "a stream", "too many bytes"];

    [Theory]
    [MemberData(nameof(Unrecordable))]
    public async Task An_input_that_cannot_be_recorded_is_refused_before_anything_runs(string what)
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var thrown = Thrown.AtOnce<PayloadException>(() => CallWith(context, what, () => runs++));
                await context.StepAsync("after", _ => Task.CompletedTask);
                return thrown.Message;
            },
            0,
            configure: hydra => hydra.Limits = new() { PayloadBytes = Limit });

        var message = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(0, runs);
        Assert.StartsWith("The input of step 'save'", message, StringComparison.Ordinal);
        Assert.Equal("after", Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step).Key);
    }

    [Theory]
    [MemberData(nameof(Unrecordable))]
    public async Task An_output_that_cannot_be_recorded_is_a_failure_that_is_not_tried_again(string what)
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                try
                {
                    await ResultIn(context, what, () => runs++);
                    return "recorded";
                }
                catch (StepFailedException e)
                {
                    return $"{e.StepKey}: {e.Failure.Type}: {e.Failure.Message}";
                }
            },
            0,
            configure: hydra => hydra.Limits = new() { PayloadBytes = Limit });

        var message = await world.Until(handle.ResultAsync());
        var details = await world.EndOf(handle);

        Assert.Equal(1, runs);
        Assert.StartsWith("load: Hydra.PayloadException: The output of step 'load'", message, StringComparison.Ordinal);
        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.True(entry.Failed);
        Assert.Empty(details.Tries);
    }

    [Fact]
    public async Task An_output_that_could_not_be_read_again_is_a_failure_at_once_and_not_at_replay()
    {
        await using var world = new World();
        var runs = 0;

        var failure = await world.RunAsync(async context =>
        {
            var thrown = await Assert.ThrowsAsync<StepFailedException>(() => context.StepAsync("load", _ =>
            {
                runs++;
                return Task.FromResult(new Even(2));
            }));
            return thrown.Failure;
        });

        Assert.Equal(1, runs);
        Assert.Equal("Hydra.PayloadException", failure.Type);
        Assert.Contains("cannot be read as Even", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(IShape), "an interface or an abstract class")]
    [InlineData(nameof(Shape), "an interface or an abstract class")]
    [InlineData(nameof(Closed), "no public constructor that can be used")]
    [InlineData(nameof(Ambiguous), "several and none with [JsonConstructor]")]
    [InlineData(nameof(Lossy), "a parameter of its constructor has no property of the same name")]
    public async Task A_type_that_can_never_be_read_fails_its_step_before_the_body_runs(string type, string reason)
    {
        await using var world = new World();
        var runs = 0;
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                await (type switch
                {
                    nameof(IShape) => Load<IShape>(context),
                    nameof(Shape) => Load<Shape>(context),
                    nameof(Closed) => Load<Closed>(context),
                    nameof(Ambiguous) => Load<Ambiguous>(context),
                    _ => Load<Lossy>(context),
                });
                return 0;
            },
            0);

        var details = await world.EndOf(handle);

        Assert.Equal((ExecutionState.Failed, 1, 0), (details.Row.State, details.Row.Attempt, runs));
        var failure = Assert.Single(details.Steps()).Output.Failure();
        Assert.Equal("Hydra.PayloadException", failure.Type);
        Assert.StartsWith(
            $"The output of step 'load' could never be read as {type}", failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was run. Give it a type", failure.Message, StringComparison.Ordinal);
        Assert.Empty(details.Tries);

        Task Load<T>(WorkflowContext context) => context.StepAsync("load", _ =>
        {
            runs++;
            return Task.FromResult<T>(default!);
        });
    }

    [Fact]
    public async Task What_is_nested_64_levels_deep_is_recorded()
    {
        await using var world = new World();

        var depth = await world.RunAsync(async context =>
        {
            var node = await context.StepAsync("load", Node.Nested(63), (input, _) => Task.FromResult(input));
            var depth = 0;
            for (var next = node; next is not null; next = next.Next)
            {
                depth++;
            }

            return depth;
        });

        Assert.Equal(63, depth);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task What_is_just_within_the_limit_is_recorded(int difference)
    {
        await using var world = new World();
        var text = new string('x', Limit - 2 + difference); // Two quotes are written with it.

        var output = await world.RunAsync(
            context => context.StepAsync("copy", text, (input, _) => Task.FromResult(input)),
            configure: hydra => hydra.Limits = new() { PayloadBytes = Limit });

        Assert.Equal(text, output);
    }

    [Fact]
    public async Task What_is_one_byte_over_the_limit_is_refused_with_both_sizes()
    {
        await using var world = new World();
        var text = new string('x', Limit - 1);

        var messages = await world.RunAsync(
            async context =>
            {
                var input = Thrown.AtOnce<PayloadException>(
                    () => context.StepAsync("save", text, (_, _) => Task.CompletedTask));
                var output = await Assert.ThrowsAsync<StepFailedException>(
                    () => context.StepAsync("load", _ => Task.FromResult(text)));
                return new[] { input.Message, output.Failure.Message };
            },
            configure: hydra => hydra.Limits = new() { PayloadBytes = Limit });

        Assert.Equal(2, messages.Length);
        Assert.All(messages, message =>
            Assert.Contains("2,001 bytes, but at most 2,000", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_input_changed_after_the_call_was_recorded_as_it_was_at_the_call()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, int _) =>
            {
                var node = new Node();
                var step = context.StepAsync("save", node, (_, _) => Task.CompletedTask);
                node.Next = new Node();
                await step;
                return 0;
            },
            0);

        var details = await world.EndOf(handle);

        var entry = Assert.Single(details.Journal, entry => entry.Kind == EntryKind.Step);
        Assert.Equal("""{"next":null}""", System.Text.Encoding.UTF8.GetString(entry.Input.Data.Span));
    }

    private static Task CallWith(WorkflowContext context, string what, Action onRun)
    {
        return what switch
        {
            "a delegate" => Call<Action>(() => { }),
            "a cycle" => Call(Node.Cyclic()),
            "65 levels" => Call(Node.Nested(65)),
            "a property that throws" => Call(new Throwing()),
            "a stream" => Call(new OneWay(Stream.Null)),
            _ => Call(new string('x', Limit)),
        };

        Task Call<T>(T input) => context.StepAsync("save", input, (_, _) =>
        {
            onRun();
            return Task.CompletedTask;
        });
    }

    private static Task ResultIn(WorkflowContext context, string what, Action onRun)
    {
        return what switch
        {
            "a delegate" => Call<Action>(() => { }),
            "a cycle" => Call(Node.Cyclic()),
            "65 levels" => Call(Node.Nested(65)),
            "a property that throws" => Call(new Throwing()),
            "a stream" => Call(new OneWay(Stream.Null)),
            _ => Call(new string('x', Limit)),
        };

        Task Call<T>(T output) => context.StepAsync("load", _ =>
        {
            onRun();
            return Task.FromResult(output);
        });
    }
}
