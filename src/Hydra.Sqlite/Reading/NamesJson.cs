using System.Text.Json.Serialization;

namespace Hydra.Sqlite.Reading;

/// <summary>Lists of workflow names as SQLite's JSON functions read them.</summary>
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class NamesJson : JsonSerializerContext;
