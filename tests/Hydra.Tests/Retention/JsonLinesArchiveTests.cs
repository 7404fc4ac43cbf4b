using System.Text.Json;
using Hydra.Engine.Pruning;
using Hydra.Storage;

namespace Hydra.Tests.Retention;

public sealed class JsonLinesArchiveTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"archive-{Guid.NewGuid():N}.jsonl");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Every_execution_is_a_line_and_later_ones_are_added()
    {
        await WriteAsync(1, 2);
        await WriteAsync(3);

        var lines = await File.ReadAllLinesAsync(_path, Token);
        Assert.Equal(
            [Id(1), Id(2), Id(3)],
            lines.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_path));
        }
    }

    [Theory]
    [InlineData("{\"id\":\"hal")]
    [InlineData("x")]
    public async Task What_a_process_that_died_has_left_of_a_line_is_cut_off(string rest)
    {
        await WriteAsync(1);
        await File.AppendAllTextAsync(_path, rest + new string('y', 10_000), Token);
        await WriteAsync(2);

        var lines = await File.ReadAllLinesAsync(_path, Token);
        Assert.Equal([true, true], lines.Select((line, i) => line.Contains(Id(i + 1), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"id\":\"hal")]
    public async Task Nothing_but_the_rest_of_a_line_is_cut_off_as_well(string rest)
    {
        await File.WriteAllTextAsync(_path, rest + (rest.Length > 1 ? new string('y', 5_000) : ""), Token);

        await WriteAsync(1);

        Assert.Contains(Id(1), Assert.Single(await File.ReadAllLinesAsync(_path, Token)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y")]
    [InlineData("%PDF-1.7\n\0\0")]
    [InlineData("SQLite format 3\0")]
    [InlineData("{\"namespace\":\"default\"}\n")]
    [InlineData("\n")]
    public async Task A_file_that_is_no_archive_stays_as_it_is(string content)
    {
        await File.WriteAllTextAsync(_path, content, Token);

        var error = await Assert.ThrowsAsync<IOException>(() => WriteAsync(1));

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(_path, Token));
        File.Delete(_path);
        await WriteAsync(1); // It was closed.
    }

    [Fact]
    public async Task An_execution_that_cannot_be_written_as_JSON_is_no_line_and_says_so()
    {
        await using var archive = new JsonLinesArchive(_path);
        await archive.AppendAsync(Execution(1), Token);

        var error = await Assert.ThrowsAsync<PayloadException>(
            () => archive.AppendAsync(Execution(2) with { Journal = null! }, Token));
        await archive.AppendAsync(Execution(3), Token);
        await archive.FlushAsync(Token);

        Assert.Contains(Id(2), error.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await File.ReadAllLinesAsync(_path, Token)).Length);
    }

    [Fact]
    public async Task While_one_writes_nobody_else_does()
    {
        await using var one = new JsonLinesArchive(_path);
        await using var other = new JsonLinesArchive(_path);
        await one.AppendAsync(Execution(1), Token);

        await Assert.ThrowsAsync<IOException>(() => other.AppendAsync(Execution(2), Token));
        await one.FlushAsync(Token);
        await other.AppendAsync(Execution(2), Token);
        await other.FlushAsync(Token);
        await other.FlushAsync(Token);

        Assert.Equal(2, (await File.ReadAllLinesAsync(_path, Token)).Length);
    }

    [Fact]
    public async Task The_folder_is_flushed_behind_the_lines_before_anything_can_be_deleted()
    {
        var flushed = new List<(string Folder, long Length)>();
        await using var archive = new JsonLinesArchive(_path)
        {
            FlushFolder = folder => flushed.Add((folder, new FileInfo(_path).Length)),
        };

        await archive.AppendAsync(Execution(1), Token);
        var before = flushed.Count;
        await archive.FlushAsync(Token);
        var length = new FileInfo(_path).Length;
        await archive.FlushAsync(Token); // Of nothing.
        await archive.AppendAsync(Execution(2), Token);
        await archive.FlushAsync(Token); // Somebody may have moved the file away meanwhile, and it is a new one.

        var folder = Path.GetDirectoryName(_path)!;
        Assert.Equal(0, before);
        Assert.NotEqual(0, length);
        Assert.Equal([(folder, length), (folder, new FileInfo(_path).Length)], flushed);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_flushed_fails_the_flush_and_closes_the_file()
    {
        await using var archive = new JsonLinesArchive(_path) { FlushFolder = static _ => throw new IOException("no") };
        await archive.AppendAsync(Execution(1), Token);

        await Assert.ThrowsAsync<IOException>(() => archive.FlushAsync(Token));
        await WriteAsync(2);

        Assert.Equal(2, (await File.ReadAllLinesAsync(_path, Token)).Length);
    }

    [Fact]
    public async Task Behind_a_link_it_is_the_folder_that_has_the_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Not everybody may make links there.");
        var folder = Directory.CreateTempSubdirectory("archive-").FullName;
        try
        {
            var flushed = new List<string>();
            File.CreateSymbolicLink(_path, Path.Combine(folder, "archive.jsonl"));
            await using var archive = new JsonLinesArchive(_path) { FlushFolder = flushed.Add };
            await archive.AppendAsync(Execution(1), Token);
            await archive.FlushAsync(Token);

            Assert.Equal(folder, Assert.Single(flushed));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_folder_is_flushed_as_it_is_and_one_that_is_not_there_says_so()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Nothing is flushed there.");

        Folders.Flush(Path.GetTempPath());
        var error = Assert.Throws<IOException>(() => Folders.Flush(_path));

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
    }

    private async Task WriteAsync(params int[] numbers)
    {
        await using var archive = new JsonLinesArchive(_path);
        foreach (var number in numbers)
        {
            await archive.AppendAsync(Execution(number), Token);
        }

        await archive.FlushAsync(Token);
    }

    private static string Id(int number) => ExecutionId.Create(number, 1, 1).ToString();

    private static ExecutionDetails Execution(int number) => new(
        "default",
        new ExecutionRow
        {
            Id = ExecutionId.Create(number, 1, 1),
            Workflow = "test",
            State = ExecutionState.Completed,
            FinishedAt = new Instant(1),
        },
        [],
        [],
        [],
        []);
}
