using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>Serializers of the application's own, and shapes of types that change under what is recorded.</summary>
public class SerializerTests
{
    [Fact]
    public async Task A_serializer_of_ones_own_writes_everything_and_JSON_is_still_read()
    {
        await using var world = new World();
        var handle = await world.StartAsync(SleepAndEcho, "abc");
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Serialize(new Reversed()));
        var result = await world.Until(client.Execution<string>(handle.Id).ResultAsync());
        var details = await world.Now(client.Execution(handle.Id));

        Assert.Equal("abc", result);
        Assert.Equal(Payload.Json, details.Journal[0].Input.ContentType);
        Assert.Equal(("application/x-reversed", "\"cba\""),
            (details.Journal[^1].Output.ContentType, details.Journal[^1].Output.Text()));
    }

    [Fact]
    public async Task Inputs_are_compared_by_value_when_the_serializer_has_changed()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, "abc", configure: hydra => hydra.Payloads.Serialize<string>(new Reversed()));
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Serialize<int>(new Reversed())); // It reads; strings are JSON again.

        Assert.Equal("abc", await world.Until(client.Execution<string>(handle.Id).ResultAsync()));
    }

    [Fact]
    public async Task Without_the_serializer_the_execution_is_blocked_and_says_which_one_is_missing()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            SleepAndEcho, "abc", configure: hydra => hydra.Payloads.Serialize(new Reversed()));
        await world.RestAsync();
        await world.CloseAsync();
        var without = await world.OpenAsync((Func<WorkflowContext, string, Task<string>>)SleepAndEcho);
        await world.PassAsync(TimeSpan.FromMinutes(2));

        var why = await without.Execution(handle.Id).WhyAsync(TestContext.Current.CancellationToken);
        var with = await world.OpenAsync(
            (Func<WorkflowContext, string, Task<string>>)SleepAndEcho,
            configure: hydra => hydra.Payloads.Serialize(new Reversed()));

        Assert.Contains("application/x-reversed", why.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal("abc", await world.Until(with.Execution<string>(handle.Id).ResultAsync()));
    }

    [Fact]
    public async Task Older_versions_are_brought_up_when_they_are_read_and_when_they_are_compared()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, OrderV0 order) =>
            {
                await context.StepAsync("pay", order, (value, _) => Task.FromResult(value.Total));
                await context.SleepAsync(TimeSpan.FromMinutes(1));
                return order.Total;
            },
            new OrderV0("a b", 5));
        await world.RestAsync();
        await world.CloseAsync();
        var runs = 0;
        Func<WorkflowContext, Order, Task<int>> run = async (context, order) =>
        {
            await context.StepAsync("pay", order, (value, _) => Task.FromResult(++runs));
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return await context.StepAsync("check", order, (value, _) => Task.FromResult(
                value is { First: "a", Last: "b", Cents: 500 } ? 1 : 0));
        };

        var client = await world.OpenAsync(run, configure: Upcast);
        var result = await world.Until(client.Execution<int>(handle.Id).ResultAsync());
        var details = await world.Now(client.Execution(handle.Id));

        Assert.Equal((1, 0), (result, runs));
        Assert.Equal([0, 0, 2], details.Journal.Where(entry => entry.Key is not "sleep" && !entry.Input.IsNone)
            .Select(entry => entry.Input.Version));
    }

    [Theory]
    [InlineData(true, "a newer build has written it")]
    [InlineData(false, "brings it to version 1")]
    public async Task A_version_that_this_build_cannot_read_blocks_the_execution(bool newer, string reason)
    {
        await using var world = new World();
        Func<WorkflowContext, Order, Task<int>> run = (_, order) => Task.FromResult(order.Cents);
        var client = await world.OpenAsync(
            run, configure: hydra => hydra.Payloads.Upcast<Order>(1, json => json));
        var payload = Payload.Create("""{"first":"a","last":"b","cents":1}"""u8, version: newer ? 3 : 0);

        var handle = await world.Until(client.StartAsync("test", payload));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var why = await handle.WhyAsync(TestContext.Current.CancellationToken);

        Assert.Equal(WhyReason.Mismatch, why.Reason);
        Assert.Contains(reason, why.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_at_once()
    {
        var payloads = new HydraBuilder().Payloads;
        payloads.Upcast<Order>(0, json => json);

        Assert.Throws<ArgumentException>(() => payloads.Upcast<Order>(0, json => json));
        Assert.Throws<ArgumentOutOfRangeException>(() => payloads.Upcast<Order>(-1, json => json));
        Assert.Throws<ArgumentOutOfRangeException>(() => payloads.Upcast<Order>(65_535, json => json));
        Assert.Throws<ArgumentException>(() => payloads.Serialize(new Reversed { ContentType = "application/json" }));
        Assert.Throws<ArgumentException>(() => payloads.Serialize<Order>(new Reversed { ContentType = " " }));
        Assert.Throws<ArgumentOutOfRangeException>(() => payloads.Compress(0));
    }

    private static void Upcast(HydraBuilder hydra) => hydra.Payloads
        .Upcast<Order>(0, json =>
        {
            var names = json!["name"]!.GetValue<string>().Split(' ');
            (json["first"], json["last"]) = (names[0], names[1]);
            return json;
        })
        .Upcast<Order>(1, json => new JsonObject
        {
            ["first"] = json!["first"]!.GetValue<string>(),
            ["last"] = json["last"]!.GetValue<string>(),
            ["cents"] = json["total"]!.GetValue<int>() * 100,
        });

    private static async Task<string> SleepAndEcho(WorkflowContext context, string input)
    {
        var value = await context.StepAsync("echo", input, Echo);
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return await context.StepAsync("again", value, Echo);

        static Task<string> Echo(string value, CancellationToken token) => Task.FromResult(value);
    }

    private sealed record OrderV0(string Name, int Total);

    private sealed record Order(string First, string Last, int Cents);

    /// <summary>JSON backwards.</summary>
    private sealed class Reversed : IPayloadSerializer
    {
        public string ContentType { get; init; } = "application/x-reversed";

        public void Write<T>(T value, IBufferWriter<byte> output) =>
            output.Write(Reverse(JsonSerializer.SerializeToUtf8Bytes(value)));

        public T Read<T>(ReadOnlyMemory<byte> data) => JsonSerializer.Deserialize<T>(Reverse(data.ToArray()))!;

        private static byte[] Reverse(byte[] bytes) =>
            Encoding.UTF8.GetBytes([.. Encoding.UTF8.GetString(bytes).Reverse()]);
    }
}
