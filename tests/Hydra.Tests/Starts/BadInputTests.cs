using Hydra.Tests.Steps;
using Hydra.Tests.Support;

namespace Hydra.Tests.Starts;

/// <summary>What cannot be started says what it is, why, and what to do, and leaves nothing behind.</summary>
public class BadInputTests
{
    private const int Limit = 2_000;

    private static readonly StartOptions Keyed = new() { Key = "order-1" };

    [Theory]
    [InlineData("a delegate", "(Action) cannot be serialized:", "Give it a type that System.Text.Json writes")]
    [InlineData("a cycle", "(Node) cannot be serialized:", "without cycles")]
    [InlineData("65 levels", "(Node) cannot be serialized:", "at most 64 levels deep")]
    [InlineData("a property that throws", "no name today", "Give it a type that System.Text.Json writes")]
    [InlineData("too many bytes", "2,002 bytes, but at most 2,000 are allowed", "pass a reference, or raise Limits")]
    public async Task An_input_that_cannot_be_recorded_starts_nothing_and_leaves_its_key_free(
        string what, string why, string remedy)
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            hydra =>
            {
                hydra.Limits = new() { PayloadBytes = Limit };
                hydra.AddWorkflow("test", (WorkflowContext _, int number) => Task.FromResult(number));
            },
            worker => worker);

        var thrown = await Assert.ThrowsAsync<PayloadException>(() => what switch
        {
            "a delegate" => StartAsync<Action>(() => { }),
            "a cycle" => StartAsync(StepPayloadTests.Node.Cyclic()),
            "65 levels" => StartAsync(StepPayloadTests.Node.Nested(65)),
            "a property that throws" => StartAsync(new StepPayloadTests.Throwing()),
            _ => StartAsync(new string('x', Limit)),
        });
        var before = await client.ListAsync();
        var good = await client.Workflow<int, int>("test").StartAsync(7, Keyed);

        Assert.StartsWith("The input of the workflow", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(why, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(before);
        Assert.Equal(7, await world.Until(good.ResultAsync()));

        Task StartAsync<T>(T input) => client.Workflow<T, int>("elsewhere").StartAsync(input, Keyed);
    }

    public static TheoryData<string, byte[]> UnsoundJson { get; } = new()
    {
        { "half of a pair", [.. """{"a":"\ud800"}"""u8] },
        { "the other half", [.. """["\udc00\ud800"]"""u8] },
        { "half of a pair in a name", [.. """{"\ud83dx":1}"""u8] },
        { "no UTF-8", [.. "\"a"u8, 0xFF, .. "\""u8] },
        { "a surrogate in UTF-8", [.. "\""u8, 0xED, 0xA0, 0x80, .. "\""u8] },
        { "a raw NUL", [.. "\"a\0\""u8] },
        { "NULs", [0, 0, 0] },
        { "no JSON", [.. "hello"u8] },
        { "nothing", [] },
        { "two values", [.. "1 2"u8] },
        { "an object without an end", [.. """{"a":1"""u8] },
        { "too many levels", [.. Enumerable.Repeat((byte)'[', 600), .. Enumerable.Repeat((byte)']', 600)] },
    };

    [Theory]
    [MemberData(nameof(UnsoundJson))]
    public async Task What_says_to_be_JSON_and_cannot_be_read_as_such_starts_nothing(string what, byte[] data)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var payload = Payload.Create(data);

        var started = await Assert.ThrowsAsync<PayloadException>(() => client.StartAsync("test", payload, Keyed));
        var scheduled = await Assert.ThrowsAsync<PayloadException>(
            () => client.CreateCronJobAsync("0 9 * * *", "daily", "test", payload));

        Assert.StartsWith("The input of the workflow is no JSON that", started.Message, StringComparison.Ordinal);
        Assert.StartsWith("The input of the schedule is no JSON that", scheduled.Message, StringComparison.Ordinal);
        Assert.Contains("application/octet-stream", started.Message, StringComparison.Ordinal);
        Assert.Empty(await client.ListAsync());
        await client.StartAsync("test", Payload.Create(data, "application/octet-stream"), Keyed);
        Assert.True(Assert.Single(await client.ListAsync()).Key == Keyed.Key, what);
    }

    [Theory]
    [InlineData("""{"a":"\ud83d\ude00","b":"\u0000","\u00e9":[1.50,null,true,"naïve \\ud800"]}""")]
    [InlineData(" 1\n")]
    [InlineData("\"\\\\ud800\"")]
    public async Task Any_other_JSON_is_recorded_to_the_byte(string json)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);
        var payload = Payload.Create(System.Text.Encoding.UTF8.GetBytes(json));

        var handle = await client.StartAsync("test", payload);

        Assert.Equal(payload, (await world.Now(handle)).Journal[0].Input);
    }

    [Theory]
    [InlineData("a#b", "U+0023")]
    [InlineData("a\nb", "U+000A")]
    public async Task A_workflow_name_that_is_not_allowed_is_refused_with_the_character_and_the_rule(
        string name, string character)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        var typed = Assert.Throws<ArgumentException>(() => client.Workflow<int, int>(name));
        var raw = await Assert.ThrowsAsync<ArgumentException>(() => client.StartAsync(name, default));

        Assert.All([typed, raw], thrown =>
        {
            Assert.StartsWith("The name of a workflow 'a", thrown.Message, StringComparison.Ordinal);
            Assert.Contains($"has the character {character}", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("Control characters, '#' and broken surrogates are not allowed", thrown.Message,
                StringComparison.Ordinal);
        });
        Assert.Empty(await client.ListAsync());
    }

    [Fact]
    public async Task A_workflow_class_that_is_not_registered_is_refused_with_what_is_and_what_to_do()
    {
        await using var world = new World();
        var client = await world.OpenAsync(
            hydra => hydra.AddWorkflow("other", (WorkflowContext _, int number) => Task.FromResult(number)),
            worker: null);

        var thrown = Assert.Throws<UnknownWorkflowException>(() => client.Workflow<NotRegistered>());

        Assert.Contains("No workflow 'not-registered' is registered here. Registered: other.", thrown.Message,
            StringComparison.Ordinal);
        Assert.Contains("Register it with AddWorkflow, or start it by its name", thrown.Message,
            StringComparison.Ordinal);
    }

    private sealed class NotRegistered : IWorkflow<int, int>
    {
        public Task<int> RunAsync(WorkflowContext context, int input) => Task.FromResult(input);
    }
}
