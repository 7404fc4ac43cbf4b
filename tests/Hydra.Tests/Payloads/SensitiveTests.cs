using System.Text.Json;
using System.Text.Json.Serialization;
using Hydra.Engine;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>What is marked as sensitive is masked wherever people look, and given to code as it is.</summary>
public partial class SensitiveTests
{
    private const string Canary = "canary-4711";

    private static readonly PayloadSerializer Serializer = new(JsonSerializerOptions.Web, new Limits());

    [Fact]
    public async Task People_see_a_mask_and_code_gets_the_value()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, Order order) =>
            {
                Assert.Equal(Canary, order.Card.Number);
                return await context.StepAsync("pay", order.Card, (card, _) => Task.FromResult(card));
            },
            new Order("o-1", new Card(Canary, "Ada")));

        var result = await world.Until(handle.ResultAsync(TestContext.Current.CancellationToken));
        var details = await world.EndOf(handle);
        var json = ExecutionJson.Format(details);

        Assert.Equal(new Card(Canary, "Ada"), result);
        Assert.DoesNotContain(Canary, json, StringComparison.Ordinal);
        var shown = JsonDocument.Parse(json).RootElement;
        Assert.Equal(
            """{"id":"o-1","card":{"number":"[sensitive]","owner":"Ada"}}""", shown.GetProperty("input").GetRawText());
        var step = shown.GetProperty("steps")[0];
        Assert.Equal(JsonValueKind.Null, step.GetProperty("valueHash").ValueKind);
    }

    [Fact]
    public async Task A_trace_does_not_tell_whether_a_masked_value_was_guessed()
    {
        await using var world = new World();
        var handle = await world.StartAsync(
            async (WorkflowContext context, Order order) =>
                await context.StepAsync("pay", order.Card, (card, _) => Task.FromResult(card.Owner)),
            new Order("o-1", new Card(Canary, "Ada")));
        await world.EndOf(handle);

        Assert.Empty(await FindAsync($"\"{Canary}\""));
        Assert.Empty(await FindAsync($"\"{Canary}\"", "$.card.number"));
        Assert.Empty(await FindAsync($$"""{"number":"{{Canary}}","owner":"Ada"}"""));
        Assert.Equal(["$.card.owner", "$.owner", "$", "$"], await FindAsync("\"Ada\""));

        async Task<IEnumerable<string>> FindAsync(string value, string? path = null) => (await world.Until(
            world.Clients[0].TraceAsync(new() { Value = value, Path = path }))).Matches.Select(match => match.Path);
    }

    [Fact]
    public async Task The_difference_of_a_build_that_refuses_is_masked()
    {
        await using var world = new World();
        var handle = await world.StartAsync(Run("Ada"), new Order("o-1", new Card(Canary, "Ada")));
        await world.RestAsync();
        await world.CloseAsync();

        var client = await world.OpenAsync(Run("Bob"));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        var why = await client.Execution(handle.Id).WhyAsync(TestContext.Current.CancellationToken);

        Assert.Contains(
            """was {"number":"[sensitive]","owner":"Ada"}, but""", why.Failure!.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            """the code gives it {"number":"[sensitive]","owner":"Bob"}.""", why.Failure.Message,
            StringComparison.Ordinal);

        static Func<WorkflowContext, Order, Task<int>> Run(string owner) => async (context, order) =>
        {
            await context.StepAsync("pay", order.Card with { Owner = owner }, (_, _) => Task.FromResult(1));
            await context.SleepAsync(TimeSpan.FromMinutes(1));
            return 1;
        };
    }

    [Fact]
    public void Marks_are_found_wherever_they_are()
    {
        Assert.Equal("""{"number":"[sensitive]","owner":"b"}""", Shown(new Card("a", "b")));
        Assert.Equal("""[{"number":"[sensitive]","owner":"b"}]""", Shown(new[] { new Card("a", "b") }));
        Assert.Equal(
            """{"x":{"number":"[sensitive]","owner":"b"}}""",
            Shown(new Dictionary<string, Card> { ["x"] = new Card("a", "b") }));
        Assert.Equal("\"[sensitive]\"", Shown(new Secret("a")));
        Assert.Equal("\"[sensitive]\"", Shown(new List<Secret> { new("a") }));
        Assert.Equal("""{"secrets":"[sensitive]","pin":"[sensitive]","next":null}""",
            Shown(new Nested { Secrets = [new("a")], Pin = 5 }));
        Assert.Equal(
            """{"secrets":"[sensitive]","pin":"[sensitive]","next":"""
                + """{"secrets":"[sensitive]","pin":"[sensitive]","next":null}}""",
            Shown(new Nested { Next = new() }));
        Assert.Equal("""{"$type":"card","code":"[sensitive]"}""", Shown<Means>(new CardMeans("a")));
        Assert.Equal("""{"id":"a"}""", Shown(new { Id = "a" }));
    }

    [Fact]
    public void Every_member_of_a_type_is_masked_and_not_only_the_first()
    {
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""",
            Shown(new Two<List<Secret>>([new("a")], [new("b")])));
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""",
            Shown(new Two<Secret[]>([new("a")], [new("b")])));
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""",
            Shown(new Two<Dictionary<string, Secret[]>>(new() { ["x"] = [] }, new() { ["y"] = [new("b")] })));
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""",
            Shown(new Two<Proof>(new Open("a"), new Closed("b"))));
        Assert.Equal(
            """{"first":{"primary":"[sensitive]","backup":"[sensitive]"},"second":"[sensitive]"}""",
            Shown(new Outer(new([new("a")], [new("b")]), [new("c")])));
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""", Shown(new Two<Pin?>(new Pin(1), new Pin(2))));
    }

    [Fact]
    public void Members_are_masked_under_the_names_that_they_have_in_JSON()
    {
        Assert.Equal("""{"card-no":"[sensitive]","owner":"b"}""", Shown(new Renamed("a", "b")));
        var kebab = new PayloadSerializer(
            new(JsonSerializerOptions.Web) { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseUpper }, new Limits());
        Assert.Equal(
            """{"PRIMARY-SECRET":"[sensitive]","OWNER":"b"}""",
            PayloadText.Of(kebab.Write(new Kebab("a", "b"), "A value")));
    }

    [Fact]
    public void A_mark_holds_for_what_overrides_the_member()
    {
        Assert.Equal("""{"note":"b","code":"[sensitive]"}""", Shown(new Overriding("a", "b")));
        Assert.Equal(
            """[{"$type":"o","note":"b","code":"[sensitive]"}]""", Shown<Marked[]>([new Overriding("a", "b")]));
    }

    [Fact]
    public void Where_only_the_value_tells_the_names_all_of_it_is_masked()
    {
        Assert.Equal("\"[sensitive]\"", Shown(new Extended { Extra = new() { ["pin"] = 5 } }));
        Assert.Equal(
            """{"primary":"[sensitive]","backup":"[sensitive]"}""", Shown(new Two<Extended?>(new(), null)));
    }

    [Fact]
    public void Types_that_contain_themselves_are_masked_on_every_level()
    {
        Assert.Equal(
            """{"left":"[sensitive]","right":"[sensitive]","name":"n"}""",
            Shown(new Tree([new Leaf("a")], [new Branch([new Leaf("b")])], "n")));
        Assert.Equal("\"[sensitive]\"", Shown(new List<Node> { new Branch([]) }));
        Assert.Equal(
            """{"value":1,"next":[{"value":2,"next":[],"held":"[sensitive]"}],"held":"[sensitive]"}""",
            Shown(new Ring(1, [new Ring(2, [], null)], [new("a")])));
    }

    [Fact]
    public void Source_generated_types_are_masked_too()
    {
        var serializer = new PayloadSerializer(new(Generated.Default.Options), new Limits());

        Assert.Equal(
            """{"Pin":"[sensitive]","Name":"n"}""",
            PayloadText.Of(serializer.Write(new Plain { Pin = 1, Name = "n" }, "A value")));
    }

    [Fact]
    public void The_mark_is_recorded_with_the_payload_and_lasts_through_every_codec()
    {
        var payload = Serializer.Write(new Card("a", "b"), "A card");
        var codec = new PayloadCodec("tests", new KeyRing(EncryptionKey.Generate("k1")), compressedFrom: 1, 1_000);
        var place = PayloadPlace.OfEnd(default);

        var decoded = codec.Decode(Payload.FromStore(codec.Encode(payload, place).Envelope.ToArray()), place);

        Assert.Equal(payload, decoded);
        Assert.Equal(Payload.Json, decoded.ContentType);
        Assert.Equal(["number"], decoded.SensitiveNames);
        Assert.Equal(new Card("a", "b"), Serializer.Read<Card>(decoded));
        Assert.True(payload.HasSamePlaintext(Payload.Create(payload.Data.Span)));
        for (var length = 0; length < 24; length++)
        {
            var cut = Payload.FromStore(payload.Envelope[..length]);
            Assert.True(cut.IsNone || !cut.IsReadable || cut.Data.Length >= 0);
        }
    }

    private static string Shown<T>(T value) => PayloadText.Of(Serializer.Write(value, "A value"));

    private sealed record Order(string Id, Card Card);

    private sealed record Renamed(
        [Sensitive][property: JsonPropertyName("card-no")] string Number, string Owner);

    private sealed record Kebab([Sensitive] string PrimarySecret, string Owner);

    [JsonDerivedType(typeof(Overriding), "o")]
    private abstract record Marked
    {
        [Sensitive]
        public abstract string Code { get; init; }
    }

    private sealed record Overriding(string Code, string Note) : Marked
    {
        public override string Code { get; init; } = Code;
    }

    private sealed class Extended
    {
        public string Name { get; init; } = "n";

        [Sensitive]
        [JsonExtensionData]
        public Dictionary<string, object>? Extra { get; init; }
    }

    private sealed record Card([Sensitive] string Number, string Owner);

    [Sensitive]
    private sealed record Secret(string Value);

    private sealed record Two<T>(T Primary, T Backup);

    private sealed record Outer(Two<List<Secret>> First, List<Secret> Second);

    [Sensitive]
    private readonly record struct Pin(int Value);

    [JsonDerivedType(typeof(Open), "open")]
    [JsonDerivedType(typeof(Closed), "closed")]
    private abstract record Proof;

    private sealed record Open(string Text) : Proof;

    [Sensitive]
    private sealed record Closed(string Text) : Proof;

    private sealed record Tree(List<Node> Left, List<Node> Right, string Name);

    [JsonDerivedType(typeof(Branch), "branch")]
    [JsonDerivedType(typeof(Leaf), "leaf")]
    private abstract record Node;

    private sealed record Branch(List<Node> Nodes) : Node;

    [Sensitive]
    private sealed record Leaf(string Text) : Node;

    private sealed record Ring(int Value, List<Ring> Next, List<Secret>? Held);

    private sealed class Nested
    {
        public List<Secret>? Secrets { get; init; }

        [Sensitive]
        public int? Pin { get; init; }

        public Nested? Next { get; init; }
    }

    [JsonDerivedType(typeof(CardMeans), "card")]
    private abstract record Means;

    private sealed record CardMeans([property: Sensitive] string Code) : Means;

    internal sealed class Plain
    {
        [Sensitive]
        public int Pin { get; init; }

        public string Name { get; init; } = "";
    }

    [JsonSerializable(typeof(Plain))]
    private sealed partial class Generated : JsonSerializerContext;
}
