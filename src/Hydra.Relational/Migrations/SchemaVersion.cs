namespace Hydra.Relational.Migrations;

/// <summary>A version of the schema.</summary>
/// <param name="Version">The number of its last script; 0 when there is no schema.</param>
/// <param name="MinLibrary">The oldest library that may still work on it, by the schema version it brings.</param>
internal readonly record struct SchemaVersion(int Version, int MinLibrary);
