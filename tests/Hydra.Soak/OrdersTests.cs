using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Soak.Support;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>The sample with Entity Framework Core: an order and its execution are one.</summary>
public partial class OrdersTests : SceneTest
{
    [Fact]
    public async Task An_order_is_fulfilled_also_by_the_next_process_and_only_once_for_one_number()
    {
        string order;
        var first = Scene.StartOrders();
        using (var shop = await ConnectAsync(first))
        {
            order = await OrderAsync(shop);
            using var again = await PostAsync(shop);
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        }

        first.Kill();
        await first.ExitAsync();

        using var next = await ConnectAsync(Scene.StartOrders());
        var executions = await Scene.HydraJsonAsync("list");
        Assert.Equal(1, executions.GetArrayLength());
        await Eventually.HoldsAsync(
            "The order is fulfilled",
            async () => (await Scene.HydraJsonAsync("list"))[0].GetProperty("state").GetString() == "completed");
        var read = await next.GetFromJsonAsync<JsonElement>($"orders/{order}", Cancellation);
        Assert.Equal("shipped", read.GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_order_and_its_execution_are_cancelled_together()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());
        var order = await OrderAsync(shop);

        using var cancelled = await shop.DeleteAsync($"orders/{order}", Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        await Eventually.HoldsAsync(
            "The execution has ended",
            async () => (await Scene.HydraJsonAsync("list"))[0].GetProperty("state").GetString() == "cancelled");

        var read = await shop.GetFromJsonAsync<JsonElement>($"orders/{order}", Cancellation);
        Assert.Equal("cancelled", read.GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_is_shipped_or_was_never_ordered_is_not_cancelled()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());
        var order = await OrderAsync(shop);
        await Eventually.HoldsAsync(
            "The order is fulfilled",
            async () => (await Scene.HydraJsonAsync("list"))[0].GetProperty("state").GetString() == "completed");

        using var late = await shop.DeleteAsync($"orders/{order}", Cancellation);
        using var unknown = await shop.DeleteAsync($"orders/{Guid.NewGuid()}", Cancellation);

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Contains("shipped", await late.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var read = await shop.GetFromJsonAsync<JsonElement>($"orders/{order}", Cancellation);
        Assert.Equal("shipped", read.GetProperty("status").GetString());
    }

    [Fact]
    public async Task An_order_that_cannot_be_saved_is_not_told_that_it_is_there()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());

        using var refused = await PostAsync(shop, article: null);

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        Assert.Equal(0, (await Scene.HydraJsonAsync("list")).GetArrayLength());
    }

    [Fact]
    public async Task An_order_without_a_number_is_a_bad_request()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());

        using var refused = await shop.PostAsJsonAsync("orders", new { article = "lamp" }, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(0, (await Scene.HydraJsonAsync("list")).GetArrayLength());
    }

    [Fact]
    public async Task The_tables_of_the_engine_may_be_there_first()
    {
        Assert.Equal(0, (await Scene.HydraAsync("migrate")).Code);
        using var shop = await ConnectAsync(Scene.StartOrders());

        await OrderAsync(shop);
    }

    /// <summary>The process that ran the step has died before it told, say.</summary>
    [Fact]
    public async Task What_is_shipped_is_not_cancelled_though_its_execution_has_not_ended()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());
        var execution = await StartAsync("nobody-runs-this", Guid.NewGuid());
        var order = await InsertAsync("shipped", execution);

        using var late = await shop.DeleteAsync($"orders/{order}", Cancellation);

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Equal("pending", (await Scene.HydraJsonAsync("show", execution)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task What_was_cancelled_meanwhile_does_not_end_as_shipped()
    {
        using var shop = await ConnectAsync(Scene.StartOrders());
        var order = await InsertAsync("cancelled", $"{Guid.NewGuid()}");

        var result = await Scene.HydraAsync("result", await StartAsync("fulfil-order", order), "--wait");

        Assert.Equal("\"cancelled\"", result.Output.Trim());
    }

    [GeneratedRegex("Now listening on: (http://[^ \n]+)")]
    private static partial Regex Address();

    /// <summary>It listens on a port of its own choice.</summary>
    private static async Task<HttpClient> ConnectAsync(ProgramProcess shop)
    {
        await Eventually.HoldsAsync("The shop listens", () => Address().IsMatch(shop.Output));
        return new HttpClient { BaseAddress = new Uri(Address().Match(shop.Output).Groups[1].Value) };
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient shop, string? article = "lamp") =>
        shop.PostAsJsonAsync("orders", new { number = "A-1", article }, Cancellation);

    private static async Task<string> OrderAsync(HttpClient shop)
    {
        using var created = await PostAsync(shop);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return (await created.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetString()!;
    }

    private async Task<string> StartAsync(string workflow, Guid order) =>
        (await Scene.HydraJsonAsync("start", workflow, "--input", $"\"{order}\"")).GetProperty("id").GetString()!;

    /// <summary>Adds an order behind the shop's back.</summary>
    private async Task<Guid> InsertAsync(string status, string execution)
    {
        var id = Guid.NewGuid();
        await using var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO Orders (Id, Number, Article, Status, Execution) "
            + "VALUES ($id, 'A-2', 'lamp', $status, $execution)";
        insert.Parameters.AddWithValue("$id", id);
        insert.Parameters.AddWithValue("$status", status);
        insert.Parameters.AddWithValue("$execution", Guid.Parse(execution));
        await insert.ExecuteNonQueryAsync(Cancellation);
        return id;
    }
}
